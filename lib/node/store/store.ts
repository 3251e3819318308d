import { type ClientStore, clientStore } from '../../session/client-store.js'
import { files, type FileStoreOptions } from './files.js'

/**
 * Creates a store in files of Node: a log for each partition, each line with its checksum, synced to the disk before it
 * counts as stored. The store cuts off a partial write after a crash of process or machine, and sets damaged logs aside
 * in a file of their own. A lock file and a socket identify the process that holds a partition: one that has ended
 * holds nothing, whatever its host name was. On network file systems its lease must expire first.
 */
export const fileStore = (options: FileStoreOptions): ClientStore => clientStore(files(options))
