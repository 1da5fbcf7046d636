namespace Akka.Mqtt.Server.Limits;

/// <summary>How short of memory a server is; each level includes those before it.</summary>
internal enum LoadLevel
{
    Normal,

    /// <summary>New connections are refused.</summary>
    RefuseConnects,

    /// <summary>Messages of QoS 0 are dropped.</summary>
    DropQoS0,

    /// <summary>Clients that are behind are disconnected.</summary>
    Disconnect,
}
