import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { BodyLimit, TextField } from '../../common/validation/body-fields.js';

/** Two short texts: strangers have nothing else to say. */
@ApiSchema({ name: 'ObtainAuthTokenRequest' })
@BodyLimit(8_192)
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
