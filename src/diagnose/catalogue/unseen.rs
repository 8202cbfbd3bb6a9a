//! The failures that no doctor can see from a client, each with the reason and with what shows it instead.

/// The ids in catalogue order, each with its reason: one sentence in lower case, without a full stop.
pub(super) const UNSEEN: &[(&str, &str)] = &[
    (
        "PXY07",
        "the doctor is another program than the SDK and uses its own proxy settings: only the version of the SDK and of its \
            runtime shows it",
    ),
    (
        "AUTH14",
        "a run tries the second key only if the first is rejected: the doctor reports AUTH01 and says which key works",
    ),
    (
        "ENV04",
        "whether an application reuses its connections is not visible in another process: `--rounds` measures what it would \
            save",
    ),
    (
        "ENV05",
        "a run examines one resource, and whether the application has another one is not visible from outside: run the doctor \
            with `--region` for each region on your list and compare the verdicts",
    ),
];
