import {
  buffer,
  combineLatest,
  debounceTime,
  distinctUntilChanged,
  EMPTY,
  filter,
  fromEvent,
  interval,
  map,
  merge,
  type Observable,
  scan,
  share,
  skip,
  startWith,
  switchMap,
  timestamp,
} from 'rxjs'
import { lefts } from '../../../lib/operators/index.js'
import type { Message, Result } from '../../../lib/index.js'
import { names, type RoomName } from '../contract.js'
import { benchView } from './bench-view.js'
import { condition$ } from './bench.js'
import { booksView } from './books-view.js'
import { chatView } from './chat-view.js'
import { chat, type Written } from './chat.js'
import { client, lobby, streams } from './client.js'
import { byId, say } from './dom.js'
import { figureView } from './figures.js'
import { type Account, accountant, total } from './ledger.js'
import { across, around, fixed, fromZero } from './scale.js'
import { type Point, series } from './series.js'
import { statusView } from './status-view.js'
import { stretches, toneOf } from './stretches.js'
import { strip } from './strip.js'
import { timelineView } from './timeline-view.js'
import { type Entry, type Happening, told } from './timeline.js'
import { joined, memory, percent, rate } from './words.js'
