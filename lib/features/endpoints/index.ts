export { endpoints } from './endpoints.js'

export type { EndpointList, EndpointOptions, EndpointsOptions } from './list.js'
export type { Endpoint, EndpointHealth } from '../../connection/model.js'
export type { MovingAddresses } from '../../rooms/early-joins.js'
