import { share } from 'rxjs'
import { last } from '../../../lib/features/history/index.js'
import { Load, Memory, Network } from '../contract.js'
import { client } from './room.js'

/** The rooms of this machine's figures: their last two minutes, then what comes, each once and in order. */
export const feeds = {
  load: client
    .room('load', Load)
    .messages({ from: last(120) })
    .pipe(share()),
  memory: client
    .room('memory', Memory)
    .messages({ from: last(120) })
    .pipe(share()),
  network: client
    .room('network', Network)
    .messages({ from: last(120) })
    .pipe(share()),
}
