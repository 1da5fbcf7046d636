namespace Akka.Mqtt.Server;

/// <summary>What the server does with a client that publishes faster than allowed.</summary>
public enum PublishRateAction
{
    /// <summary>The server reads from the client no faster than the rate, so that TCP slows the client down.</summary>
    Throttle = 0,

    /// <summary>The server disconnects it with 0x96.</summary>
    Disconnect = 1,
}
