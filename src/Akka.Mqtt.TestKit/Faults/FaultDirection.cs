namespace Akka.Mqtt.TestKit;

/// <summary>A direction of a faulty connection, as seen by its user: the holder of the wrapped stream, or the client of a relay.</summary>
public enum FaultDirection
{
    /// <summary>The bytes that the user writes.</summary>
    Outbound = 0,

    /// <summary>The bytes that the user reads.</summary>
    Inbound = 1,
}
