// Exports take 25 seconds each, most of them waiting; the rows stay until then. Many are begun by day, few by night.
require('reflect-metadata')
const { setTimeout: sleep } = require('timers/promises')
const { Controller, Get, Injectable, Module, Param } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')

class Exports {
  running = new Map()

  begin(id) {
    const rows = Array.from({ length: 500 }, (_, index) => ({ id, index, text: `row ${index} of ${id}` }))
    this.running.set(id, rows)
    void this.finish(id)
    return rows.length
  }

  async finish(id) {
    await sleep(25_000)
    this.running.delete(id)
  }
}
Injectable()(Exports)

class ExportController {
  constructor(exports) {
    this.exports = exports
  }

  begin(id) {
    return { id, count: this.exports.begin(id), running: this.exports.running.size }
  }
}
Reflect.defineMetadata('design:paramtypes', [Exports], ExportController)
Controller()(ExportController)
Param('id')(ExportController.prototype, 'begin', 0)
Get('export/:id')(
  ExportController.prototype,
  'begin',
  Object.getOwnPropertyDescriptor(ExportController.prototype, 'begin'),
)

class AppModule {}
Module({ controllers: [ExportController], providers: [Exports] })(AppModule)

void NestFactory.create(AppModule, { logger: false }).then((app) => app.listen(process.env.PORT, '127.0.0.1'))
