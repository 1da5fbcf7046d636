namespace Akka.Mqtt.Server.Telemetry;

/// <summary>Measures how long messages take from their receipt to the session that they are for. Thread safe.</summary>
internal interface IDeliveryMeter
{
    /// <summary>A batch has reached its session.</summary>
    /// <param name="milliseconds">The time since it was received.</param>
    void Delivered(long milliseconds);
}
