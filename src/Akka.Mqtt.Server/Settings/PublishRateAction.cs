namespace Akka.Mqtt.Server;

/// <summary>What is done with a client that publishes faster than it may.</summary>
public enum PublishRateAction
{
    /// <summary>The server reads from it no faster than the rate: the client feels its connection fill up.</summary>
    Throttle = 0,

    /// <summary>It is disconnected with 0x96.</summary>
    Disconnect = 1,
}
