namespace Akka.Mqtt.TestKit;

/// <summary>How the peer of a probe ended the connection.</summary>
public enum ConnectionEnd
{
    /// <summary>In order, after everything that it sent was read (TCP: FIN).</summary>
    Closed = 0,

    /// <summary>By a reset, or by a failure of the transport (TCP: RST).</summary>
    Reset = 1,
}
