using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Server;
using RequestReply;

// RequestReply mqtt://HOST asks itself by a server. RequestReply --smoke does it with a server of its own.
using var system = ActorSystem.Create("request", ConfigurationFactory.ParseString("akka { loglevel = WARNING, mqtt.server.listeners.tcp.port = 0 }"));
await using var server = args is ["--smoke"] ? await MqttServer.StartAsync(system) : null;
var url = server is not null ? server.Endpoints[0].ToString() : args.FirstOrDefault("mqtt://localhost");
await using var weather = await MqttClient.ConnectAsync(url);
await using var visitor = await MqttClient.ConnectAsync(url);
var places = MqttJson.Of(WeatherJson.Default.Place);
var forecasts = MqttJson.Of(WeatherJson.Default.Forecast);
using var end = new CancellationTokenSource();

#region doc:client-respond
var responding = weather.RespondAsync(
    "weather/forecast",
    (place, _) => place.City.Length == 0
        ? throw new MqttRequestException("Which city?")
        : Task.FromResult(new Forecast(place.City, 21)),
    places,
    forecasts,
    parallelism: 4,
    cancellationToken: end.Token);
#endregion

for (var attempt = 1; ; attempt++)
{
    try
    {
        #region doc:client-request
        var forecast = await visitor.RequestAsync("weather/forecast", new Place("Oslo"), places, forecasts, TimeSpan.FromSeconds(5));
        Console.WriteLine($"{forecast.City}: {forecast.Celsius} degrees");
        #endregion
        break;
    }
    catch (MqttRequestException nobody) when (attempt < 100)
    {
        Console.WriteLine(nobody.Message); // the subscription of the other client is on its way
        await Task.Delay(50);
    }
}
try
{
    await visitor.RequestAsync("weather/forecast", new Place(""), places, forecasts);
    Console.WriteLine("smoke: failed");
    return 1;
}
catch (MqttRequestException refused)
{
    Console.WriteLine($"refused: {refused.Message}");
}
await end.CancelAsync();
await responding;
Console.WriteLine("smoke: ok");
return 0;

namespace RequestReply
{
    internal sealed record Place(string City);

    internal sealed record Forecast(string City, double Celsius);

    [JsonSerializable(typeof(Place))]
    [JsonSerializable(typeof(Forecast))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    internal sealed partial class WeatherJson : JsonSerializerContext;
}
