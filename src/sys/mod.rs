//! System calls that nobody wraps, each as a safe function. The only room with `unsafe`.
#![allow(unsafe_code)]
