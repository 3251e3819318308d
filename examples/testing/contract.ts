import { contract } from 'rx-rooms'
import * as t from 'io-ts'

export const Chat = contract({ events: { message: t.strict({ text: t.string }) } })

export const Orders = contract({ events: { placed: t.strict({ number: t.number, cents: t.number }) } })

export const Invoices = contract({ events: { issued: t.strict({ order: t.number, cents: t.number }) } })
