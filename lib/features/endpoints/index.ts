export { endpoints } from './endpoints.js'

export type { EndpointList, EndpointOptions, EndpointsOptions } from './list.js'
export type { Endpoint, EndpointHealth } from '../../connection/model.js'
export type { Addresses } from '../../kernel/addresses.js'
