namespace Akka.Mqtt.Transport;

/// <summary>A stream that implements its own control.</summary>
internal interface IControlledStream
{
    /// <summary>The control of this stream.</summary>
    StreamControl Control { get; }
}
