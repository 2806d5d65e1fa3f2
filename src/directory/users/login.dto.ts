import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { TextField } from '../../common/validation/body-fields.js';

@ApiSchema({ name: 'ObtainAuthTokenRequest' })
export class LoginDto {
  @TextField({ required: true, max: 128, example: 'mari' })
  username: string;

  @TextField({ required: true, max: 128, secret: true, trim: false })
  password: string;
}

@ApiSchema({ name: 'CoreAuthToken' })
export class TokenResponse {
  @ApiProperty({ description: 'Shown in this answer only; afterwards only its hash is known.' }) token: string;
}
