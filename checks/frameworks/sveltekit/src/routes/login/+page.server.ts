import { type Actions, redirect } from '@sveltejs/kit'

export const actions: Actions = {
  default: async ({ locals }) => {
    await locals.session.login('alice')
    redirect(303, '/account')
  },
}
