import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './auth/access.js';

/** A server that takes connections and says nothing is not ready either. */
const LONGEST_MS = 5_000;

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
      const late = sleep(LONGEST_MS, true, { ref: false });
      if (await Promise.race([this.dataSource.showMigrations(), late]))
        throw new Error('Not in time, or not migrated.');
      return { status: 'ok' };
    } catch {
      throw new ServiceUnavailableException('The database does not answer, or its migrations have not run.');
    }
  }
}
