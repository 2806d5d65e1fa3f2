import { Module } from '@nestjs/common';
import { CustomersController } from './customers.controller.js';
import { DirectoryModule } from './directory.module.js';
import { OfferingsController, PublicOfferingsController } from './offerings.controller.js';
import { OrdersController } from './orders.controller.js';
import { OfferingPlansController, PlansController } from './plans.controller.js';
import { ProjectsController } from './projects.controller.js';
import { ProviderResourcesController, ResourceActionsController, ResourcesController } from './resources.controller.js';
import { AccessModule } from './users/access.module.js';
import { LoginController } from './users/login.controller.js';
import { PersonalAccessTokensController } from './users/personal-access-tokens.controller.js';
import { UsersController } from './users/users.controller.js';

/** Waldur's side over HTTP: `/api/customers/` and its like, `/api/users/`, and the login. */
@Module({
  imports: [DirectoryModule, AccessModule],
  controllers: [
    LoginController,
    UsersController,
    PersonalAccessTokensController,
    CustomersController,
    ProjectsController,
    OfferingsController,
    PublicOfferingsController,
    OfferingPlansController,
    PlansController,
    ResourcesController,
    ResourceActionsController,
    ProviderResourcesController,
    OrdersController,
  ],
})
export class DirectoryHttpModule {}
