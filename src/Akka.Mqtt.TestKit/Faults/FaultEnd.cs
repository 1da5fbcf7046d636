namespace Akka.Mqtt.TestKit;

/// <summary>What a fault does when the set number of bytes has passed.</summary>
public enum FaultEnd
{
    /// <summary>Closes both directions in order; bytes on the way are lost.</summary>
    Close = 0,

    /// <summary>Resets both sides.</summary>
    Reset = 1,

    /// <summary>Half-closes this direction; the other continues.</summary>
    HalfClose = 2,

    /// <summary>Forwards nothing more in this direction, without an error.</summary>
    Stall = 3,
}
