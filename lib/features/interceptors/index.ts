export { intercept, interceptedContract, interceptRooms } from './interceptors.js'

export type { Place } from './intercepted.js'
export type { Intercept, InterceptAny, Intercepted, Interceptor } from './interceptors.js'
