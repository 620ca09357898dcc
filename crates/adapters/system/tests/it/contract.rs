//! The promises of the ports.

use std::sync::Arc;
use wareroom_port_contracts::{async_trait, clock::ClockFixture, ids::IdsFixture};
use wareroom_ports::{Clock, Ids};
use wareroom_system::{SystemClock, SystemIds};

struct Time(Arc<SystemClock>);

#[async_trait]
impl ClockFixture for Time {
    async fn fresh() -> Self {
        Self(Arc::new(SystemClock::new()))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as Arc<dyn Clock>
    }
}

struct Identity;

#[async_trait]
impl IdsFixture for Identity {
    async fn fresh() -> Self {
        Self
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::new(SystemIds)
    }
}

wareroom_port_contracts::clock_suite!(Time);
wareroom_port_contracts::ids_suite!(Identity);
