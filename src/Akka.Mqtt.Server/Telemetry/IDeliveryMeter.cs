namespace Akka.Mqtt.Server.Telemetry;

/// <summary>Measures the time from the receipt of messages to their delivery to a session. Thread safe.</summary>
internal interface IDeliveryMeter
{
    /// <summary>Records a batch that has reached its session.</summary>
    /// <param name="milliseconds">The time since it was received.</param>
    void Delivered(long milliseconds);
}
