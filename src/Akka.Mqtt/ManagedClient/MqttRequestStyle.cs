namespace Akka.Mqtt;

/// <summary>How a request transmits the topic of its answer.</summary>
public enum MqttRequestStyle
{
    /// <summary>By the properties Response Topic and Correlation Data of MQTT 5.0 [5.0 4.10].</summary>
    Properties,

    /// <summary>
    /// By its topic, for every version: a request for <c>t</c> is published to <c>t/request/CLIENT/NUMBER</c>, and its answer to <c>t/response/CLIENT/NUMBER</c>.
    /// It cannot transmit failures: the request then times out.
    /// </summary>
    Topics,
}
