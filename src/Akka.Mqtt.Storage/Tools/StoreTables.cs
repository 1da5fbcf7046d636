namespace Akka.Mqtt.Storage.Tools;

/// <summary>A table for tools: its columns, without those that the database computes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Blobs">Those of them that are bytes.</param>
/// <param name="Key">The key by which its rows are read: "id" or "rowid", or "session" for tables that belong to sessions.</param>
internal sealed record StoreTable(string Name, string[] Columns, string[] Blobs, string Key)
{
    /// <summary>The columns, separated by commas.</summary>
    public string List { get; } = string.Join(", ", Columns);

    /// <summary>All tables except <c>meta</c>; a table that others refer to is before them.</summary>
    public static IReadOnlyList<StoreTable> All { get; } =
    [
        new("run", ["id", "started_at", "alive_at"], [], "id"),
        new("session",
            ["id", "mount_point", "user_name", "client_id", "owner", "epoch", "run", "changed_at", "expiry", "will_topic", "will_payload", "will_qos",
                "will_retain", "will_delay", "will_properties"],
            ["will_payload", "will_properties"], "id"),
        new("subscription",
            ["session", "filter", "qos", "no_local", "retain_as_published", "retain_handling", "identifier", "shared"], [], "session"),
        new("message", ["id", "topic", "payload", "received_at", "expiry", "properties", "refs"], ["payload", "properties"], "id"),
        new("delivery",
            ["session", "number", "message", "qos", "retain", "size", "packet_id", "sent_order", "identifiers", "share"], [], "session"),
        new("received", ["session", "packet_id"], [], "session"),
        new("retained",
            ["topic", "payload", "qos", "received_at", "expiry", "properties", "publisher", "user_name", "listener"], ["payload", "properties"], "rowid"),
    ];

    /// <summary>An INSERT with numbered parameters.</summary>
    public string Insert => $"INSERT INTO {Name} ({List}) VALUES ({string.Join(", ", Columns.Select((_, at) => $"?{at + 1}"))})";
}
