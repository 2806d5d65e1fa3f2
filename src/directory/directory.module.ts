import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { Authenticator } from '../auth/caller.js';
import { Customer } from './customer.entity.js';
import { CustomersService } from './customers.service.js';
import { Offering } from './offering.entity.js';
import { OfferingsService } from './offerings.service.js';
import { Order } from './order.entity.js';
import { OrdersService } from './orders.service.js';
import { Plan } from './plan.entity.js';
import { PlansService } from './plans.service.js';
import { Project } from './project.entity.js';
import { ProjectsService } from './projects.service.js';
import { Resource } from './resource.entity.js';
import { ResourcesService } from './resources.service.js';
import { User } from './users/user.entity.js';
import { AuthToken } from './users/auth-token.entity.js';
import { LoginFailure } from './users/login-failure.entity.js';
import { LoginFailuresService } from './users/login-failures.service.js';
import { LoginService } from './users/login.service.js';
import { RetiredToken } from './users/retired-token.entity.js';
import { TokensService } from './users/tokens.service.js';
import { UsersService } from './users/users.service.js';

const services = [
  UsersService,
  TokensService,
  LoginService,
  CustomersService,
  ProjectsService,
  OfferingsService,
  PlansService,
  ResourcesService,
  OrdersService,
];

/**
 * Waldur's side: users, organisations, projects, offerings, plans, resources and orders. Everything above reads and
 * writes them through the services exported here; no other module may assume who wrote a row.
 */
@Module({
  imports: [
    DatabaseModule.forFeature([
      User,
      AuthToken,
      RetiredToken,
      LoginFailure,
      Customer,
      Project,
      Offering,
      Plan,
      Resource,
      Order,
    ]),
  ],
  providers: [...services, LoginFailuresService, { provide: Authenticator, useExisting: TokensService }],
  exports: [...services, Authenticator],
})
export class DirectoryModule {}
