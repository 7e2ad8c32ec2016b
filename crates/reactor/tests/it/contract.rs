//! Both reactors keep the contract of reactors, on TCP and on UNIX sockets.

/// A ground for the suite: a module a kind of reactor and socket.
macro_rules! on_sockets {
    ($name:ident, $reactor:ty, $make:expr) => {
        mod $name {
            use ropewalk_testkit::{contract, contract::Ground};

            struct Tcp;

            impl Ground for Tcp {
                type Reactor = $reactor;

                fn reactor(&self) -> $reactor {
                    $make
                }
            }

            contract!(Tcp, with descriptors);

            mod unix {
                use ropewalk_protocol::Address;
                use ropewalk_testkit::{contract, contract::Ground};

                struct Unix {
                    folder: tempfile::TempDir,
                }

                impl Unix {
                    fn new() -> Self {
                        Self { folder: tempfile::tempdir().unwrap() }
                    }
                }

                impl Ground for Unix {
                    type Reactor = $reactor;

                    fn reactor(&self) -> $reactor {
                        $make
                    }

                    fn address(&self) -> Address {
                        Address::unix(self.folder.path().join("socket"))
                    }

                    fn nowhere(&self) -> Address {
                        Address::unix(self.folder.path().join("nobody"))
                    }
                }

                contract!(Unix::new());
            }
        }
    };
}

on_sockets!(poll, ropewalk_reactor::PollReactor, crate::poll(1));
on_sockets!(poll_on_two_threads, ropewalk_reactor::PollReactor, crate::poll(2));
on_sockets!(async_io, ropewalk_reactor::AsyncIoReactor, crate::async_io(1));
on_sockets!(async_io_on_two_threads, ropewalk_reactor::AsyncIoReactor, crate::async_io(2));
