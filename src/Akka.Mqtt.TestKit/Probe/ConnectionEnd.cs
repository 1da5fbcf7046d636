namespace Akka.Mqtt.TestKit;

/// <summary>How the peer of a probe ended the connection.</summary>
public enum ConnectionEnd
{
    /// <summary>In order: everything that it sent was read before (TCP: FIN).</summary>
    Closed = 0,

    /// <summary>By a reset, or the transport failed (TCP: RST).</summary>
    Reset = 1,
}
