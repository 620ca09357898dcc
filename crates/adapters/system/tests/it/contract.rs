//! The promises of the ports.

use std::{
    fs::{self, File},
    io::Write,
    sync::Arc,
};
use tempfile::TempDir;
use wareroom_port_contracts::{async_trait, clock::ClockFixture, ids::IdsFixture, space::SpaceFixture};
use wareroom_ports::{Clock, Ids, Space};
use wareroom_system::{DiskSpace, SystemClock, SystemIds};

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

struct Room {
    root: TempDir,
    space: Arc<dyn Space>,
}

#[async_trait]
impl SpaceFixture for Room {
    async fn fresh() -> Self {
        let root = TempDir::new().unwrap();
        let space = Arc::new(DiskSpace::new(vec![root.path().to_owned()]));
        Self { root, space }
    }

    fn space(&self) -> Arc<dyn Space> {
        Arc::clone(&self.space)
    }

    async fn write(&self, bytes: u64) {
        // The high bits of a counter that is multiplied over and over look random to whatever packs.
        let mut state = 1_u64;
        let content: Vec<u8> = (0..bytes)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_be_bytes()[0]
            })
            .collect();
        let mut file = File::create(self.root.path().join("written")).unwrap();
        file.write_all(&content).unwrap();
        file.sync_all().unwrap();
    }

    async fn delete(&self) {
        fs::remove_file(self.root.path().join("written")).unwrap();
    }
}

wareroom_port_contracts::clock_suite!(Time);
wareroom_port_contracts::ids_suite!(Identity);
wareroom_port_contracts::space_suite!(Room);
