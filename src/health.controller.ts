import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './auth/access.js';

class HealthResponse {
  @ApiProperty({ example: 'ok' }) status: string;
}

@ApiTags('Health')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly dataSource: DataSource) {}

  @Get('live')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_live', summary: 'The process answers' })
  @ApiOkResponse({ type: HealthResponse })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_ready', summary: 'The database answers and its migrations have run' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiServiceUnavailableResponse({ description: 'Not yet, or not any more' })
  async ready(): Promise<HealthResponse> {
    try {
      if (await this.dataSource.showMigrations()) throw new Error('Migrations are missing.');
      return { status: 'ok' };
    } catch {
      throw new ServiceUnavailableException('The database does not answer, or its migrations have not run.');
    }
  }
}
