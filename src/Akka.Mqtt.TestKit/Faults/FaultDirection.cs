namespace Akka.Mqtt.TestKit;

/// <summary>A direction of a faulty connection, seen from the side that uses it: the holder of the wrapped stream, the client of a relay.</summary>
public enum FaultDirection
{
    /// <summary>What the user writes.</summary>
    Outbound = 0,

    /// <summary>What the user reads.</summary>
    Inbound = 1,
}
