// A thermometer with an LED for an ESP32: publishes a reading every two seconds, and switches the LED when it is told to.
// Library: PubSubClient. It speaks MQTT 3.1.1, publishes at QoS 0, and asks for a keep alive of 15 seconds.

#include <WiFi.h>  // on an ESP8266: <ESP8266WiFi.h>
#include <PubSubClient.h>

const char* wifiName = "your-network";
const char* wifiPassword = "your-password";
const char* brokerHost = "192.168.1.10";
const int brokerPort = 1883;
const char* userName = "demo";
const char* password = "demo";
const char* clientId = "arduino-thermometer";

const char* statusTopic = "devices/arduino-thermometer/status";
const char* temperatureTopic = "devices/arduino-thermometer/temperature";
const char* ledTopic = "devices/arduino-thermometer/led";
const char* ledStateTopic = "devices/arduino-thermometer/led/state";

const int ledPin = 2;

WiFiClient wifi;
PubSubClient mqtt(wifi);
unsigned long lastReading = 0;

void onMessage(char* topic, byte* payload, unsigned int length) {
  bool isOn = length == 2 && payload[0] == 'o' && payload[1] == 'n';
  digitalWrite(ledPin, isOn ? HIGH : LOW);
  mqtt.publish(ledStateTopic, isOn ? "on" : "off", true);
}

bool connectToBroker() {
  // The broker publishes the will, "offline", when the device disappears without a goodbye.
  if (!mqtt.connect(clientId, userName, password, statusTopic, 0, true, "offline")) {
    Serial.print("Not connected, state ");
    Serial.println(mqtt.state());
    return false;
  }
  mqtt.subscribe(ledTopic);
  mqtt.publish(statusTopic, "online", true);
  return true;
}

void setup() {
  Serial.begin(115200);
  pinMode(ledPin, OUTPUT);
  WiFi.begin(wifiName, wifiPassword);
  while (WiFi.status() != WL_CONNECTED) delay(500);
  mqtt.setServer(brokerHost, brokerPort);
  mqtt.setCallback(onMessage);
}

void loop() {
  if (!mqtt.connected() && !connectToBroker()) {
    delay(5000);
    return;
  }
  mqtt.loop();  // Receives messages, and sends PINGREQ after 15 seconds without traffic.
  if (millis() - lastReading >= 2000) {
    lastReading = millis();
    char reading[8];
    dtostrf(20 + random(50) / 10.0, 1, 1, reading);
    mqtt.publish(temperatureTopic, reading);
  }
}
