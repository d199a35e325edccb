// A provider lives as long as the service, and so does what it keeps.
import 'reflect-metadata'
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Injectable()
class AuditService {
  private history: { path: string; at: Date; tags: string[] }[] = []
  record(path: string) {
    this.history.push({ path, at: new Date(), tags: path.split('/') })
    return this.history.length
  }
}
@Controller('users')
class UsersController {
  constructor(@Inject(AuditService) private readonly audit: AuditService) {}
  @Get(':id')
  find(@Param('id') id: string) {
    const n = this.audit.record(`/users/${id}`)
    return { id, n }
  }
}
@Module({ controllers: [UsersController], providers: [AuditService] })
class AppModule {}
const app = await NestFactory.create(AppModule, { logger: false })
await app.listen(process.env.PORT ?? 3000)
