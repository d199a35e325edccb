import 'reflect-metadata'
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Param,
  Post,
  Redirect,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { PageStore } from './page-store'

@Injectable()
class PageService {
  constructor(private readonly store: PageStore) {}

  find(id: string): unknown {
    return this.store.remember(id)
  }
}

@Controller()
class PageController {
  constructor(private readonly pages: PageService) {}

  @Get('page/:id')
  page(@Param('id') id: string): unknown {
    return this.pages.find(id)
  }

  @Get('html/:id')
  html(@Param('id') id: string): string {
    return `<h1>${id}</h1>`
  }

  @Post('echo')
  @HttpCode(201)
  echo(@Body() body: unknown): unknown {
    return body
  }

  @Get('moved')
  @Redirect('/page/0', 307)
  moved(): void {}

  @Get('broken')
  broken(): never {
    throw new Error('broken on purpose')
  }

  @Get('late')
  async late(): Promise<never> {
    await new Promise((resolve) => setTimeout(resolve, 2))
    throw new ServiceUnavailableException('late on purpose')
  }

  @Get('parts')
  parts(@Res() response: { write(text: string): void; end(text: string): void }): void {
    response.write('one ')
    setTimeout(() => response.end('two'), 2)
  }
}

@Module({ controllers: [PageController], providers: [PageService, PageStore] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'], forceCloseConnections: true })
  await app.listen(Number(process.env['PORT']), '127.0.0.1')
  process.stdout.write('listening\n')
  process.on('SIGTERM', () => {
    void app.close().then(() => {
      process.exitCode = 7
    })
  })
}
void main()
