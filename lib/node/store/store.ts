import { type ClientStore, clientStore } from '../../session/client-store.js'
import { files, type FileStoreOptions } from './files.js'

/**
 * A store in files of Node: a log for each partition, each line with its checksum, synced to the disk before it counts as
 * stored. What was half written when the process or the machine died is cut off; what is damaged is set aside in a file
 * of its own. A lock file and a socket say which process holds a
 * partition: one that has ended holds nothing, whatever its host name was. On network file systems its lease must be over first.
 */
export const fileStore = (options: FileStoreOptions): ClientStore => clientStore(files(options))
