import { type RouteConfig, route } from '@react-router/dev/routes'

export default [
  route('plain', './routes/plain.ts'),
  route('visits', './routes/visits.ts'),
  route('login', './routes/login.ts'),
  route('logout', './routes/logout.ts'),
  route('account', './routes/account.tsx'),
] satisfies RouteConfig
