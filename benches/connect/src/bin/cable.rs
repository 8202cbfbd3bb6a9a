//! A cable with a delay: two network devices, where a frame that enters one leaves the other some time later. `tc … netem` does
//! the same in kernels that have it.
//!
//! Usage: `cable MILLISECONDS`. It prints the names of the two devices, and ends when one of them is removed.
#![allow(clippy::disallowed_methods, reason = "frames come out by the clock")]

use std::error::Error;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// A frame, and the time when it leaves the cable.
type Late = (Instant, Vec<u8>);

fn main() -> Result<(), Box<dyn Error>> {
    let delay = std::env::args().nth(1).ok_or("expected how many milliseconds the way through takes")?;
    let delay = Duration::from_millis(delay.parse()?);
    let (near, near_name) = end()?;
    let (far, far_name) = end()?;
    println!("{near_name} {far_name}");
    let (near_again, far_again) = (near.try_clone()?, far.try_clone()?);
    let ends = [(near, far), (far_again, near_again)];
    let (sender, ended) = mpsc::channel();
    for (from, to) in ends {
        let sender = sender.clone();
        thread::spawn(move || sender.send(carry(from, to, delay)));
    }
    // The devices were removed with their namespaces, or there is an error to report.
    match ended.recv()? {
        Err(error) if !matches!(error.raw_os_error(), Some(libc::EBADFD | libc::EFAULT)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Carries one direction: frames are read at once and written when they are due.
fn carry(mut from: File, to: File, delay: Duration) -> io::Result<()> {
    let (inside, outlet) = mpsc::channel();
    thread::spawn(move || give_out(&outlet, to));
    let mut buffer = vec![0; LARGEST_FRAME];
    loop {
        let length = from.read(&mut buffer)?;
        inside.send((Instant::now() + delay, buffer[..length].to_vec())).map_err(io::Error::other)?;
    }
}

fn give_out(outlet: &Receiver<Late>, mut to: File) {
    for (due, frame) in outlet {
        // The kernel wakes a sleeper a little late.
        thread::sleep(due.saturating_duration_since(Instant::now()).saturating_sub(WAKING));
        while Instant::now() < due {
            thread::yield_now();
        }
        // A device that is down accepts no frames, like an unplugged cable.
        let _ = to.write(&frame);
    }
}

/// Creates an Ethernet device with a name chosen by the kernel, and returns both.
fn end() -> Result<(File, String), Box<dyn Error>> {
    let file = File::options().read(true).write(true).open("/dev/net/tun")?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_TAP | libc::IFF_NO_PI)?;
    // SAFETY: the kernel reads and writes only one `ifreq`.
    if unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } < 0 {
        return Err(io::Error::last_os_error().into());
    }
    let name = request.ifr_name.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0).collect();
    Ok((file, String::from_utf8(name)?))
}

const LARGEST_FRAME: usize = 65_536;

/// The margin for kernel timers, which may be late by 50 µs, and for scheduling the waiting thread.
const WAKING: Duration = Duration::from_micros(150);
