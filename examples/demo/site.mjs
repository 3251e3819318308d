import { createServer } from 'node:http'

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  md: 'text/plain; charset=utf-8',
}
const typeOf = (path) => types[path === '/' ? 'html' : path.split('.').at(-1)]

/** Nothing but what this server gives, no inline code, no eval, and no HTML made from text. */
const policy = (host) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

const hostOf = ({ headers }) => (/^[\w.:[\]-]+$/.test(headers.host ?? '') ? headers.host : 'localhost')

const isSameOrigin = (request) => {
  const origin = request.headers.origin ?? ''
  return origin.replace(/^https?:\/\//, '') === request.headers.host
}

/** The path that is asked for; one that is none leads nowhere. */
const addressOf = ({ url }) => new URL(URL.canParse(url, 'http://demo') ? url : '/nowhere', 'http://demo')

const bodyOf = async (request) => {
  let body = ''
  try {
    for await (const chunk of request) {
      body += chunk
      if (body.length > 1_024) return undefined
    }
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** What is asked for in the body, if it is something. */
const wish = (body, bench) => {
  const { act, line, everyone = false } = body ?? {}
  return typeof line === 'string' && line.length <= 64 && typeof everyone === 'boolean' && bench.knows(act)
    ? { act, line, everyone }
    : undefined
}

/** The request as it came, so that it can be sent on. */
const headOf = ({ method, url, httpVersion, rawHeaders }, rest) => {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2)
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest])
}

/** Serves the page, leads its WebSockets through the proxy, and takes its wishes for the bench. */
export const site = (files, proxy, bench) => {
  const answer = (response, status, type, body) => {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
    response.end(body)
  }
  const plain = (response, status, text) => answer(response, status, 'text/plain; charset=utf-8', `${text}\n`)

  const serve = async (request, response) => {
    const { pathname, searchParams } = addressOf(request)
    response.setHeader('content-security-policy', policy(hostOf(request)))
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('cache-control', 'no-store')
    const tell = (line) => answer(response, 200, types.map, JSON.stringify(bench.state(line)))

    if (pathname === '/bench' && request.method === 'POST') {
      const wanted = wish(await bodyOf(request), bench)
      if (!isSameOrigin(request)) plain(response, 403, 'Only the page itself may do that.')
      else if (!wanted) plain(response, 400, 'Say what to do, and for which line.')
      else {
        await bench.act(wanted)
        tell(wanted.line)
      }
    } else if (request.method !== 'GET' && request.method !== 'HEAD') plain(response, 405, 'GET it.')
    else if (pathname === '/bench') tell(searchParams.get('line') ?? '')
    else if (Object.hasOwn(files, pathname)) answer(response, 200, typeOf(pathname), files[pathname])
    else plain(response, 404, 'There is nothing here.')
  }

  const served = createServer((request, response) => {
    serve(request, response).catch((error) => {
      console.error(error)
      response.destroy()
    })
  })

  served.on('upgrade', (request, socket, rest) => {
    const { pathname, searchParams } = addressOf(request)
    if (pathname === '/rooms' && isSameOrigin(request))
      proxy.plug(searchParams.get('line') ?? '', socket, headOf(request, rest))
    else socket.destroy()
  })
  return served
}
