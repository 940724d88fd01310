import { type Actions, redirect } from '@sveltejs/kit'

export const actions: Actions = {
  default: async ({ locals }) => {
    await locals.session.destroy()
    redirect(303, '/account')
  },
}
