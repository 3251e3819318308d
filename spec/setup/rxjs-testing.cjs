// `rxjs/testing` of the one file of rxjs that specs use: jest.config.js.
module.exports = require('rxjs').testing
