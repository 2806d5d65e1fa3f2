import { Body, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiOperation, ApiTags, ApiTooManyRequestsResponse } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { ClientGone, TokenOptional } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiDone } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import { LoginDto, TokenResponse } from './login.dto.js';
import { LoginService } from './login.service.js';

@ApiTags('Log in')
@ApiController('api-auth')
export class LoginController {
  constructor(private readonly login: LoginService) {}

  @Post('password')
  @Audited('login.password')
  @HttpCode(200)
  @TokenOptional()
  @ApiOperation({
    operationId: 'api_auth_password',
    summary: 'Exchange user name and password for a token',
    description: 'After four wrong passwords in a row from one address, that user name waits for ten minutes there.',
  })
  @ApiDone(TokenResponse)
  @ApiTooManyRequestsResponse({
    description: 'Too many logins wait for their turn; Retry-After says when to come back',
  })
  password(@Body() dto: LoginDto, @Ip() address: string, @ClientGone() signal: AbortSignal): Promise<TokenResponse> {
    return this.login.logIn(commandOf(dto), address, signal);
  }
}
