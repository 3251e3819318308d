import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and a certificate that nobody has signed but itself. */
export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

/** Made by openssl, for 127.0.0.1 unless told otherwise, valid for so many days from now. */
export const certificate = ({ name = 'IP:127.0.0.1', days = 2 } = {}): Certificate => {
  const folder = mkdtempSync(join(tmpdir(), 'rx-rooms-cert-'))
  const [key, request, cert] = ['key.pem', 'request.pem', 'cert.pem'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ]
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  const subject = ['-subj', '/CN=spec', '-addext', `subjectAltName=${name}`]
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', request, ...subject)
  openssl(
    'x509',
    '-req',
    '-in',
    request,
    '-signkey',
    key,
    '-days',
    String(days),
    '-copy_extensions',
    'copy',
    '-out',
    cert,
  )
  const made = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(folder, { recursive: true })
  return made
}
