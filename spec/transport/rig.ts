export { type Accepted, type Heard, listen, notebook } from '../../lib/testing/conformance/transport/notes.js'
