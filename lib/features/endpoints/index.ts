export { endpoints } from './endpoints.js'
export { httpCheck } from './http-check.js'

export type { CheckedEndpoint, EndpointCheck } from './check.js'
export type { EndpointList, EndpointOptions, EndpointsOptions } from './list.js'
export type { Endpoint, EndpointHealth } from '../../connection/model.js'
export type { MovingAddresses } from '../../rooms/early-joins.js'
