/**
 * The longest payload that rules make, in bytes: one of hundreds of megabytes costs as much memory and seconds, and tells
 * no more. Of a store whose own limit is higher, what lies beyond is not tried.
 */
export const LONGEST_TRIED = 16 * 1_048_576
