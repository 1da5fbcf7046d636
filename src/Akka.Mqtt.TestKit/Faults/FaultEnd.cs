namespace Akka.Mqtt.TestKit;

/// <summary>What a fault does to a connection when its bytes are used up.</summary>
public enum FaultEnd
{
    /// <summary>Closes both directions in order; what was under way is lost.</summary>
    Close = 0,

    /// <summary>Resets both sides.</summary>
    Reset = 1,

    /// <summary>Finishes this direction; the other continues.</summary>
    HalfClose = 2,

    /// <summary>Forwards nothing more in this direction, without an error: a black hole.</summary>
    Stall = 3,
}
