import { inspect } from 'node:util'
import fc from 'fast-check'
import { vault } from '../../lib/token/vault.js'

describe('the vault', () => {
  it('[TK9] each value gets the next number, also the same value again', () => {
    const store = vault()
    expect(store.current()).toBeUndefined()
    expect([store.put('a'), store.put('b'), store.put('b')]).toEqual([1, 2, 3])
    expect(store.current()).toEqual({ token: 3, text: 'b' })
  })

  it('[TK6] a rejected value is not taken again, under whatever number', () => {
    const store = vault()
    store.put('a')
    store.put('a')
    store.reject(1)
    expect(store.current()).toBeUndefined()
    expect(store.lastWasRejected()).toBe(true)
    expect(store.put('a')).toBeUndefined()
    expect(store.put('b')).toBe(3)
    expect(store.lastWasRejected()).toBe(false)
  })

  it('[TK6] the rejection of an earlier value leaves the present one alone', () => {
    const store = vault()
    store.put('old')
    store.put('new')
    store.reject(1)
    expect(store.current()).toEqual({ token: 2, text: 'new' })
    expect(store.lastWasRejected()).toBe(false)
    expect(store.put('old')).toBeUndefined()
    store.reject(99)
    expect(store.current()).toEqual({ token: 2, text: 'new' })
  })

  it('[TK6] [P1] whatever is put and rejected: what was rejected is never given out again', () => {
    const acts = fc.array(
      fc.oneof(fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', 'e') }), fc.record({ reject: fc.nat(5) })),
      { maxLength: 60, size: 'max' },
    )
    fc.assert(
      fc.property(acts, (plan) => {
        const store = vault()
        const texts: string[] = ['']
        const rejected = new Set<string>()
        for (const act of plan) {
          if ('put' in act) {
            const token = store.put(act.put)
            expect(token).toBe(rejected.has(act.put) ? undefined : texts.length)
            if (token !== undefined) texts.push(act.put)
          } else {
            const token = texts.length - 1 - act.reject
            store.reject(token)
            if (token > 0) rejected.add(texts[token]!)
          }
          const last = texts.at(-1)!
          expect(store.current()?.text).toBe(last === '' || rejected.has(last) ? undefined : last)
        }
      }),
    )
  })

  it('[TK6] remembers 32 rejections, and no more: nothing grows for ever', () => {
    const store = vault()
    for (let n = 0; n < 33; n++) store.reject(store.put(`token ${n}`)!)
    expect(store.put('token 32')).toBeUndefined()
    expect(store.put('token 1')).toBeUndefined()
    expect(store.put('token 0')).toBe(34)
  })

  it('[TK12] shows no value, and hides every one that it knows in what others say', () => {
    const store = vault()
    store.put('canary-1')
    store.put('canary-1-longer')
    store.reject(store.put('canary-2')!)
    expect(inspect(store, { depth: null, showHidden: true })).not.toContain('canary')
    expect(store.hide('bad canary-1-longer, canary-1, canary-2!')).toBe('bad ***, ***, ***!')
    store.clear()
    expect(store.current()).toBeUndefined()
  })

  it('[TK12] knows the latest 32 values, and no more', () => {
    const store = vault()
    for (let n = 0; n < 33; n++) store.put(`value-${n}.`)
    expect(store.hide('value-0. value-1. value-32.')).toBe('value-0. *** ***')
    store.clear()
    expect(store.hide('value-1. value-32.')).toBe('*** ***')
  })
})
