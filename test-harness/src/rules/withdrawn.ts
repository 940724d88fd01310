/** Rules that are no longer checked, and why. Their ids are not given to others. */
export const withdrawnRules: Readonly<Record<string, string>> = {
  'STEP-004': 'STEP-003 runs update and destroy in every order',
  'STEP-007': 'STEP-005 runs touch and update in every order',
  'STEP-012': 'STEP-010 runs sweep and update in every order',
  'STEP-013': 'STEP-011 runs sweep and touch in every order',
}
