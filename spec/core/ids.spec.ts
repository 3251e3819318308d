import { randomId, token } from '../../lib/core/ids.js'

describe('ids', () => {
  it('[CR15] are 22 characters that need no escaping in a URL, a file name or JSON', () => {
    for (let n = 0; n < 1_000; n++) expect(randomId()).toMatch(/^[\w-]{22}$/)
    expect(token(5)).toMatch(/^[\w-]{5}$/)
  })

  it('[CR15] never repeat, and use all of their 132 bits', () => {
    const ids = Array.from({ length: 50_000 }, randomId)
    expect(new Set(ids).size).toBe(ids.length)
    for (let place = 0; place < 22; place++) expect(new Set(ids.map((id) => id[place])).size).toBe(64)
  })
})
