namespace Akka.Mqtt.Server.Limits;

/// <summary>How short of memory a server is. Each level includes the previous ones.</summary>
internal enum LoadLevel
{
    Normal,

    /// <summary>New connections are refused.</summary>
    RefuseConnects,

    /// <summary>Messages of QoS 0 are dropped.</summary>
    DropQoS0,

    /// <summary>The clients with the most waiting bytes are disconnected.</summary>
    Disconnect,
}
