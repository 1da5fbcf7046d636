namespace Akka.Mqtt.Connection;

/// <summary>The deadlines of a connection.</summary>
internal enum Deadline
{
    Register,
    Connect,
    KeepAlive,
    Close,
    Write,
}
