//! Accepts a product.

use crate::{Application, Context, Error, ErrorCode, Fault, unit::retry_conflicts};
use wareroom_domain::{Description, Price, Product, ProductDraft, ProductName, UserId};
use wareroom_ports::StoreError;

/// The product to be accepted.
#[derive(Clone, Debug)]
pub struct CreateProduct {
    /// Who it belongs to.
    pub owner: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    pub description: Description,
    /// What it costs.
    pub price: Price,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: CreateProduct) -> Result<Product, Error> {
    if !context.caller.may_act_for(command.owner) {
        return Err(unknown_user());
    }
    let draft = ProductDraft {
        owner: command.owner,
        name: command.name,
        description: command.description,
        price: command.price,
        created_at: app.ports.clock.now(),
    };
    let product = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let product = unit.products().insert(&draft).await?;
        app.tell(&mut *unit, &context.trace, product.created());
        unit.commit().await?;
        Ok(product)
    })
    .await
    .map_err(|error| match error {
        StoreError::UnknownReference(_) => unknown_user(),
        other => other.into(),
    })?;
    app.announce(Some((product.id, product.version))).await;
    Ok(product)
}

fn unknown_user() -> Error {
    let fault = Fault { pointer: "/user_id".to_owned(), detail: "there is no such user".to_owned() };
    Error::new(ErrorCode::UnknownUser, "the product's user does not exist").with_faults(vec![fault])
}
